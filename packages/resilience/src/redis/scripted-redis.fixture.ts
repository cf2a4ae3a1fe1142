import type { RedisScripts } from './redis-scripts.js'

type Answer = () => Promise<unknown>

/** A client that answers as told, and writes down what it was asked. */
export class ScriptedRedis implements RedisScripts {
  readonly asked: string[] = []
  /** Until told otherwise every call is admitted. */
  answer: Answer = () => Promise.resolve([1, 9, 0, 1_000])

  evalsha(_sha1: string, _keys: number, key: string, ...args: string[]): Promise<unknown> {
    this.asked.push(`evalsha ${key} ${args.join(' ')}`)
    return this.answer()
  }

  eval(_script: string, _keys: number, key: string): Promise<unknown> {
    this.asked.push(`eval ${key}`)
    return this.answer()
  }

  fail(message: string): void {
    this.answer = () => Promise.reject(new Error(message))
  }

  hang(): void {
    this.answer = () => new Promise(() => undefined)
  }

  recover(): void {
    this.answer = () => Promise.resolve([1, 9, 0, 1_000])
  }
}
