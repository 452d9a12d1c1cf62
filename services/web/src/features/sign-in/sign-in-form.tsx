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
import { CodeStep } from './code-step'
import { EntryPage, LINK } from './entry-page'
import { OtherWays } from './other-ways'

const schema = z.object({ email: z.string().check(z.email()), password: z.string().check(z.minLength(1)) })
type Values = z.infer<typeof schema>

interface Props {
  next?: string
  onEntered: () => void
}

/** Password first; where the account has a second factor, a code step that keeps what was typed. */
export function SignInForm({ next, onEntered }: Props) {
  const t = useTranslations('entry')
  const [error, setError] = useState<unknown>(null)
  const [needsCode, setNeedsCode] = useState(false)
  const { register, handleSubmit, getValues, formState } = useForm<Values>({ resolver: standardSchemaResolver(schema) })

  async function enter(values: Values, second: { totp?: string; recovery_code?: string } = {}) {
    setError(null)
    try {
      adopt(await answer(api.POST('/api/v1/auth/login', { body: { ...values, ...second } })))
      onEntered()
    } catch (failure) {
      const problem = asProblem(failure)
      if (!needsCode && problem.code === 'totp_needed') setNeedsCode(true)
      else setError(problem)
    }
  }

  if (needsCode) {
    const back = () => {
      setNeedsCode(false)
      setError(null)
    }
    return <CodeStep error={error} onCode={(second) => enter(getValues(), second)} onBack={back} />
  }
  const footer = (
    <p>
      {t('no_account')}{' '}
      <Link to="/sign-up" search={{ next }} className={LINK}>
        {t('sign_up')}
      </Link>
    </p>
  )
  return (
    <EntryPage title={t('sign_in_title')} lead={t('sign_in_lead')} footer={footer}>
      <form className="flex flex-col gap-4" noValidate onSubmit={handleSubmit((values) => enter(values))}>
        <Field
          label={t('email')}
          type="email"
          autoComplete="username webauthn"
          error={formState.errors.email && t('email_invalid')}
          {...register('email')}
        />
        <Field
          label={t('password')}
          type="password"
          autoComplete="current-password"
          error={formState.errors.password && t('password_missing')}
          {...register('password')}
        />
        <ProblemNotice error={error} />
        <Button type="submit" look="primary" busy={formState.isSubmitting}>
          {t('sign_in')}
        </Button>
        <Link to="/forgot-password" className={`${LINK} self-start text-[14px]`}>
          {t('forgot')}
        </Link>
      </form>
      <OtherWays next={next} onEntered={onEntered} onError={setError} />
    </EntryPage>
  )
}
