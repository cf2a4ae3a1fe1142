import { intro, isCancel, outro, select } from '@clack/prompts'
import type { Demo } from './demo.js'

/** Asks which demo to run; `undefined` when the user wants none. */
export async function chooseDemo(demos: readonly Demo[]): Promise<Demo | undefined> {
  intro('HazelJS gateway starter')
  const choice = await select({
    message: 'Which demo?',
    options: demos.map((demo) => ({ value: demo.name, label: `${demo.category} · ${demo.title}`, hint: demo.description })),
  })
  if (isCancel(choice)) {
    outro('Nothing was started.')
    return undefined
  }
  outro(`npm run demo:${choice} starts this one without the menu.`)
  return demos.find(({ name }) => name === choice)
}
