export { FakeClock, ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
