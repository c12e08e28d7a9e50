import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of `@aws-sdk/credential-provider-node` in the functions' bundles. Lambda puts a role's
 * credentials into the environment; the files, single sign-on and metadata services that the original
 * also asks are not there, and weigh 90 KB.
 */
export const defaultProvider = fromEnv;
