import * as z from 'zod';
import { Integer, page, size } from './requests.ts';

/** What a client of the `/clusters` flavour may send; a field it does not know is refused. */

const Variables = z.record(z.string(), z.string());
const Iso2 = z.string().regex(/^[A-Z]{2}$/);
const Positive = z.int().min(1);
const positive = Integer.pipe(Positive);

export const ClusterRequest = z.strictObject({
  cluster_name: z.string().min(1),
  num_gpus: Positive,
  gpu_model: z.string().min(1),
  min_vcpus: Positive.default(1),
  min_ram: Positive.default(1),
  locations: z.array(Iso2).min(1),
  compliance: z.array(z.enum(['GDPR'])).default([]),
  duration_hours: Positive,
  max_spend: z.number().positive(),
  gpus_per_worker: Positive,
  image: z.string().min(1),
  port: z.int().min(1).max(65_535),
  env: Variables.default({}),
  secret_env: Variables.default({}),
});
export type ClusterRequest = z.infer<typeof ClusterRequest>;

export const JobSubmission = z.strictObject({
  job_id: z.string().min(1),
  worker_id: z.string().min(1),
  manifest_url: z.string().min(1),
  manifest_sha256: z.string().min(1),
  deadline_at: z.string().min(1),
});

export const OffersQuery = z.object({ gpus_per_worker: positive });

export const OfferPriceQuery = z.object({
  gpu_model: z.string(),
  location: z.string(),
  num_gpus: positive,
  duration_hours: positive,
});

export const ClustersQuery = z.object({ ...page, ...size(10) });
