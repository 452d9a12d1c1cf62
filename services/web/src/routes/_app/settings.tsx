import { createFileRoute } from '@tanstack/react-router'
import { SettingsFrame } from '@/features/account'

export const Route = createFileRoute('/_app/settings')({ component: SettingsFrame })
