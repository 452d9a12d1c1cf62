export { MembersScreen } from './members-screen'
