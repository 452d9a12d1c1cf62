import { standardSchemaResolver } from '@hookform/resolvers/standard-schema'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { answer, api } from '@/api/client'
import { asProblem } from '@/api/problems'
import { ProblemNotice } from '@/features/problems'
import { adopt } from '@/session/session'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { CheckMail } from './check-mail'
import { EntryPage, LINK } from './entry-page'

const PASSWORD_MIN = 8
const schema = z.object({
  display_name: z.string().check(z.trim(), z.minLength(1), z.maxLength(64)),
  email: z.string().check(z.email()),
  password: z.string().check(z.minLength(PASSWORD_MIN)),
})
type Values = z.infer<typeof schema>

interface Props {
  next?: string
  onEntered: () => void
}

/** Register, and go straight in where the installation lets people in before their address is verified. */
export function SignUpForm({ next, onEntered }: Props) {
  const t = useTranslations('entry')
  const [error, setError] = useState<unknown>(null)
  const [sentTo, setSentTo] = useState('')
  const { register, handleSubmit, formState } = useForm<Values>({ resolver: standardSchemaResolver(schema) })
  const errors = formState.errors

  async function signUp(values: Values) {
    setError(null)
    try {
      await answer(api.POST('/api/v1/auth/register', { body: values }))
    } catch (failure) {
      return setError(failure)
    }
    const { email, password } = values
    try {
      adopt(await answer(api.POST('/api/v1/auth/login', { body: { email, password } })))
      onEntered()
    } catch (failure) {
      // Refused is right where the address must be verified first, or belonged to an account already.
      if (asProblem(failure).passing) setError(failure)
      else setSentTo(email)
    }
  }

  if (sentTo) return <CheckMail email={sentTo} next={next} />
  const footer = (
    <p>
      {t('have_account')}{' '}
      <Link to="/sign-in" search={{ next }} className={LINK}>
        {t('sign_in')}
      </Link>
    </p>
  )
  return (
    <EntryPage title={t('sign_up_title')} lead={t('sign_up_lead')} footer={footer}>
      <form className="flex flex-col gap-4" noValidate onSubmit={handleSubmit(signUp)}>
        <Field
          label={t('display_name')}
          hint={t('display_name_hint')}
          autoComplete="nickname"
          error={errors.display_name && t('display_name_invalid')}
          {...register('display_name')}
        />
        <Field
          label={t('email')}
          type="email"
          autoComplete="username"
          error={errors.email && t('email_invalid')}
          {...register('email')}
        />
        <Field
          label={t('password')}
          type="password"
          hint={t('password_hint', { min: PASSWORD_MIN })}
          autoComplete="new-password"
          error={errors.password && t('password_short', { min: PASSWORD_MIN })}
          {...register('password')}
        />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={formState.isSubmitting}>
          {t('create_account')}
        </Button>
      </form>
    </EntryPage>
  )
}
