export { ProblemNotice } from './problem-notice'
export { useProblemText } from './problem-text'
