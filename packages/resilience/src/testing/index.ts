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
export type { ObservableCircuit, SimulationOptions, TargetPhase } from './simulation/options.js'
export type { CircuitChange, DescribedPhase, Percentiles, SimulatedSecond, SimulationReport } from './simulation/report.js'
export { simulate } from './simulation/simulate.js'
export type { PolicyContractOptions } from './contract/contract-parts.js'
export { policyContract } from './contract/policy-contract.js'
export type { TestRunner } from './contract/test-runner.js'
