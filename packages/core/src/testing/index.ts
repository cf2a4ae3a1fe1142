export { FakeClock } from './fake-clock.js'
export { ScriptedRandom } from './scripted-random.js'
export { SeededRandom } from './seeded-random.js'
