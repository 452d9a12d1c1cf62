export { InviteDialog } from './invite-dialog'
export { InvitePage } from './invite-page'
