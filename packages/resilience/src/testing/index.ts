export { FakeClock, ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
export {
  type CallRecord,
  fail,
  hang,
  ok,
  type ScriptedCall,
  scriptedCall,
  type ScriptedCallOptions,
  type ScriptedStep,
  type TimedStep,
} from './scripted-call.js'
