// What the kernel charged a contestant: CPU time and resident memory, summed over its processes and threads.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const hasSchedstat = (() => {
  try {
    return readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'utf8').length > 0
  } catch {
    return false
  }
})()

const lines = (text) => text.trim().split('\n')

/** Pairs of [pid, parent]; `ps` prints them everywhere but Windows. */
const processes = () =>
  lines(execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })).map((line) => line.trim().split(/\s+/).map(Number))

/** A process and all its descendants: nginx works in a child. */
export const processTree = (pid) => {
  const all = processes()
  const found = [pid]
  for (let i = 0; i < found.length; i++) for (const [child, parent] of all) if (parent === found[i]) found.push(child)
  return found
}

/** From `[[dd-]hh:]mm:ss[.ff]`, as `ps` prints CPU time. */
const psTimeMicros = (text) => {
  const [time, days = '0'] = text.trim().split('-').reverse()
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return (Number(days) * 86_400 + seconds) * 1e6
}

/** Nanosecond figures per thread, where the kernel keeps them; the time of threads that have ended is not in them. */
const schedstatMicros = (pid) => {
  let nanos = 0
  for (const task of readdirSync(`/proc/${pid}/task`))
    nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  return nanos / 1e3
}

/** User and system CPU time so far, in microseconds: all threads, so that the garbage collector's and the compiler's count too. */
export const cpuMicros = (pids) => {
  if (hasSchedstat) return pids.reduce((sum, pid) => sum + schedstatMicros(pid), 0)
  return lines(execFileSync('ps', ['-o', 'time=', '-p', pids.join(',')], { encoding: 'utf8' })).reduce(
    (sum, line) => sum + psTimeMicros(line),
    0,
  )
}

/** How long the processes' main threads were ready to run while something else had their core, in microseconds; 0 where the kernel does not say. */
export const waitedMicros = (pids) => {
  if (!hasSchedstat) return 0
  return pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e3, 0)
}

/** Resident memory in bytes; pages that several processes share are counted in each. */
export const residentBytes = (pids) =>
  lines(execFileSync('ps', ['-o', 'rss=', '-p', pids.join(',')], { encoding: 'utf8' })).reduce((sum, line) => sum + Number(line) * 1024, 0)
