import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseSecret, type ReadSecret, SecretUnusable } from './secret.ts';

/** The secret of this deployment, from Secrets Manager. */
export const stackSecret: ReadSecret = async ({ BURST_SECRET_ARN: secretArn }) => {
  if (secretArn === undefined) throw new SecretUnusable('BURST_SECRET_ARN is not set');
  const answer = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: secretArn }),
  );
  return parseSecret(answer.SecretString, secretArn);
};
