import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  parseSecret,
  type ReadSecret,
  RegistryLogin,
  SecretUnusable,
  StackSecret,
} from './secret.ts';

/** Longest wait for one answer: a function that has a secret goes on with it, and one that has none tries again. */
const ANSWER_MILLISECONDS = 3000;

/** The secret of this deployment, and where there is one the login at its registry, from Secrets Manager. */
export const stackSecret: ReadSecret = async ({
  BURST_SECRET_ARN: secretArn,
  BURST_REGISTRY_SECRET_ARN: registryArn,
}) => {
  if (secretArn === undefined) throw new SecretUnusable('BURST_SECRET_ARN is not set');
  const client = new SecretsManagerClient({});
  const textOf = async (SecretId: string) => {
    const abortSignal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    return (await client.send(new GetSecretValueCommand({ SecretId }), { abortSignal }))
      .SecretString;
  };
  return {
    ...parseSecret(StackSecret, await textOf(secretArn), secretArn),
    ...(registryArn !== undefined && {
      registry: parseSecret(RegistryLogin, await textOf(registryArn), registryArn),
    }),
  };
};
