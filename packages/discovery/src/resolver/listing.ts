export { answerTimeoutMs as listTimeoutMs, answerWithin as listWithin } from '../backends/answer-within.js'
