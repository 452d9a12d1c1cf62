export { FirstSteps } from './first-steps'
export { NewSpaceDialog } from './new-space-dialog'
