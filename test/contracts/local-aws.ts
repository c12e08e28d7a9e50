import { type AwsServices, startAwsServices } from '../../infra/local/cloud/aws-services.ts';
import type { AwsAccess } from '../../shared/aws/clients.ts';

export const REGION = 'us-east-1';

/** The embedded engines on a free port, and how SDK clients reach them. */
export async function localAws(): Promise<{ services: AwsServices; access: AwsAccess }> {
  const services = await startAwsServices({ region: REGION });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return { services, access: { region: REGION, endpoint: services.url, credentials } };
}
