export { Failure } from './failure'
export { NotFound } from './not-found'
export { ProblemNotice } from './problem-notice'
export { useProblemText } from './problem-text'
