export { Timeline } from './timeline'
export { DeleteDialog } from './delete-dialog'
export { MessageBody } from './message-body'
export { useAttention, useMessageActions } from './use-message-actions'
