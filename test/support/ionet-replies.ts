/** Replies of io.net's container API, written by hand after its published file: what the file is to us where it is absent. */

export const DEPLOYMENT_ID = '0b6f0a3e-7d1c-4e9d-9f46-7e1c5f2b8a11';

const detail = {
  id: DEPLOYMENT_ID,
  status: 'running',
  created_at: '2026-11-22T10:00:00Z',
  started_at: '2026-11-22T10:02:00.123456',
  finished_at: null,
  amount_paid: 0.61,
  completed_percent: 16.67,
  total_gpus: 2,
  gpus_per_container: 1,
  total_containers: 2,
  hardware_name: 'GeForce RTX 4090',
  hardware_id: 204,
  locations: [{ id: 3, iso2: 'FI', name: 'Finland' }],
  brand_name: 'NVIDIA',
  compute_minutes_served: 10,
  compute_minutes_remaining: 50,
  container_config: {
    entrypoint: null,
    env_variables: { BURST_SLOTS: '1' },
    traffic_port: 8080,
    image_url: 'registry.example/worker@sha256:00',
    secret_env_keys: ['BURST_TOKEN'],
  },
};

const worker = {
  device_id: '3f0c7a56-57a8-4e57-8a5a-1b6a4f3c2d10',
  container_id: 'c-1',
  hardware: 'GeForce RTX 4090',
  brand_name: 'NVIDIA',
  created_at: '2026-11-22T10:02:00Z',
  uptime_percent: 100,
  gpus_per_container: 1,
  status: 'running',
  container_events: [{ time: '2026-11-22T10:02:00Z', message: 'Container created' }],
  public_url: 'https://c-1.example',
};

const acknowledged = { status: 'deployment requested', deployment_id: DEPLOYMENT_ID };

/** By endpoint, as the API file names them. */
export const IONET_REPLIES = {
  'GET /hardware/max-gpus-per-container': {
    data: {
      hardware: [
        {
          hardware_id: 204,
          hardware_name: 'GeForce RTX 4090',
          brand_name: 'NVIDIA',
          max_gpus_per_container: 8,
          available: 40,
        },
      ],
      total: 1,
    },
  },
  'GET /available-replicas': {
    data: [{ id: 3, iso2: 'FI', name: 'Finland', available_replicas: 4 }],
  },
  'GET /price': {
    data: {
      replica_count: 2,
      gpus_per_container: 1,
      available_replica_count: [4],
      discount: 0,
      ionet_fee: 0.0015,
      ionet_fee_percent: 0.25,
      currency_conversion_fee: 0.012,
      currency_conversion_fee_percent: 2,
      total_cost_usdc: 1.2345678,
    },
  },
  'POST /deploy': acknowledged,
  'GET /deployments': {
    data: {
      deployments: [
        {
          id: DEPLOYMENT_ID,
          status: 'running',
          name: 'burst-0123456789ab',
          completed_percent: 16.67,
          hardware_quantity: 2,
          brand_name: 'NVIDIA',
          hardware_name: 'GeForce RTX 4090',
          compute_minutes_served: 10,
          compute_minutes_remaining: 50,
        },
      ],
      total: 1,
      statuses: ['running', 'destroyed'],
    },
  },
  'GET /deployment/{deployment_id}': { data: detail },
  'PATCH /deployment/{deployment_id}': acknowledged,
  'DELETE /deployment/{deployment_id}': { ...acknowledged, status: 'termination requested' },
  'POST /deployment/{deployment_id}/extend': {
    data: { ...detail, compute_minutes_remaining: 110 },
  },
  'GET /deployment/{deployment_id}/containers': { data: { total: 1, workers: [worker] } },
  'GET /deployment/{deployment_id}/log/{container_id}': 'a line\nanother\n',
} as const;

export type Endpoint = keyof typeof IONET_REPLIES;

const CAAS = '/enterprise/v1/io-cloud/caas';

/** The endpoint of a path below the API's base. */
export function endpointOf(method: string, path: string): Endpoint | undefined {
  const below = path.replace(CAAS, '');
  const endpoints = Object.keys(IONET_REPLIES).filter(
    (one): one is Endpoint => one in IONET_REPLIES,
  );
  return endpoints.find((endpoint) => {
    const [verb, template = ''] = endpoint.split(' ');
    const pattern = template.replaceAll(/\{[^}]+\}/g, '[^/]+');
    return verb === method && new RegExp(`^${pattern}$`).test(below);
  });
}
