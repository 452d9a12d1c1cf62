export { Attachments } from './attachments'
export { UploadChips } from './upload-chips'
export { useUploads } from './use-uploads'
