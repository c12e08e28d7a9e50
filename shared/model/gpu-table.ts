/**
 * How the GPUs of one machine reach each other. `board`: every SXM module of the board, always. `bridge`: a
 * plug between two or four cards that the card takes and no catalogue shows. `none`: PCI Express alone.
 */
type NvLink = 'board' | 'bridge' | 'none';

/** What a model's name stands for. */
interface GpuFacts {
  /** Memory of one card, GB of 10^9 bytes, as the vendor quotes it. */
  readonly vramGb: number;
  readonly nvlink: NvLink;
  /** How its name is written, without vendor and memory; in full, and in any case. */
  readonly written: RegExp;
  /** The vendor's page the facts are from. */
  readonly source: string;
}

const row = (vramGb: number, nvlink: NvLink, written: RegExp, page: string): GpuFacts => ({
  vramGb,
  nvlink,
  written: new RegExp(`^(?:NVIDIA )?(?:${written.source})$`, 'i'),
  source: `NVIDIA, ${page}`,
});

/**
 * The GPUs Burst knows. The provider's catalogue names them in free text and gives neither memory nor
 * NVLink, so a need for either can only be met by a model of this table.
 *
 * A model is a chip with its memory and, where NVLink hangs on it, its form: `H100 SXM` and `H100 PCIe` are
 * forms of `H100`, which is what a text means that names no form. Such a row has the NVLink of its weakest
 * form. Cards of one memory and two prices stay apart, and so do those with a letter behind: a laptop's,
 * a Max-Q, a D, an A10G are other chips and in no row.
 */
const TABLE: Readonly<Record<string, GpuFacts>> = {
  'RTX 3090': row(24, 'bridge', /(?:GeForce )?(?:RTX ?)?3090/, 'GeForce RTX 3090 page'),
  'RTX 3090 Ti': row(24, 'bridge', /(?:GeForce )?(?:RTX ?)?3090 ?Ti/, 'GeForce RTX 3090 page'),
  'RTX 4080': row(16, 'none', /(?:GeForce )?(?:RTX ?)?4080/, 'GeForce RTX 4080 page'),
  'RTX 4080 SUPER': row(16, 'none', /(?:GeForce )?(?:RTX ?)?4080 ?SUPER/, 'GeForce RTX 4080 page'),
  'RTX 4090': row(24, 'none', /(?:GeForce )?(?:RTX ?)?4090/, 'GeForce RTX 4090 page'),
  'RTX 5080': row(16, 'none', /(?:GeForce )?(?:RTX ?)?5080/, 'GeForce RTX 5080 page'),
  'RTX 5090': row(32, 'none', /(?:GeForce )?(?:RTX ?)?5090/, 'GeForce RTX 5090 page'),
  'RTX A4000': row(16, 'none', /(?:RTX ?)?A4000/, 'RTX A4000 data sheet'),
  'RTX A5000': row(24, 'bridge', /(?:RTX ?)?A5000/, 'RTX A5000 data sheet'),
  'RTX A6000': row(48, 'bridge', /(?:RTX ?)?A6000/, 'RTX A6000 data sheet'),
  'RTX 6000 Ada': row(48, 'none', /(?:RTX ?)?6000 ?Ada(?: Generation)?/, 'RTX 6000 Ada data sheet'),
  'RTX PRO 6000': row(
    96,
    'none',
    /(?:RTX )?PRO 6000(?: Blackwell)?(?: (?:Workstation|Server)(?: Edition)?)?/,
    'RTX PRO 6000 Blackwell Workstation and Server Edition data sheets',
  ),
  T4: row(16, 'none', /(?:Tesla )?T4/, 'T4 data sheet'),
  A10: row(24, 'none', /A10/, 'A10 data sheet'),
  A30: row(24, 'bridge', /A30/, 'A30 data sheet'),
  A40: row(48, 'bridge', /A40/, 'A40 data sheet'),
  L4: row(24, 'none', /L4/, 'L4 data sheet'),
  L40: row(48, 'none', /L40/, 'L40 data sheet'),
  L40S: row(48, 'none', /L40S/, 'L40S data sheet'),
  'A100 40GB': row(40, 'bridge', /A100/, 'A100 data sheet'),
  'A100 PCIe 40GB': row(40, 'bridge', /A100 ?PCIe/, 'A100 data sheet'),
  'A100 SXM 40GB': row(40, 'board', /A100 ?SXM4?/, 'A100 data sheet'),
  'A100 80GB': row(80, 'bridge', /A100/, 'A100 data sheet'),
  'A100 PCIe 80GB': row(80, 'bridge', /A100 ?PCIe/, 'A100 data sheet'),
  'A100 SXM 80GB': row(80, 'board', /A100 ?SXM4?/, 'A100 data sheet'),
  H100: row(80, 'bridge', /H100/, 'H100 data sheet'),
  'H100 PCIe': row(80, 'bridge', /H100 ?PCIe/, 'H100 PCIe product brief'),
  // The driver calls the SXM module "H100 80GB HBM3"; the PCIe card has HBM2e.
  'H100 SXM': row(80, 'board', /H100 ?(?:SXM5?(?: HBM3)?|HBM3)/, 'H100 data sheet'),
  'H100 NVL': row(94, 'bridge', /H100 ?NVL/, 'H100 NVL product brief'),
  // The driver calls the SXM module "H200" and the card "H200 NVL".
  H200: row(141, 'board', /H200(?: ?SXM5?)?/, 'H200 data sheet'),
  'H200 NVL': row(141, 'bridge', /H200 ?NVL/, 'H200 data sheet'),
  B200: row(192, 'board', /B200(?: ?SXM6?)?/, 'Blackwell architecture brief'),
  B300: row(288, 'board', /B300(?: ?SXM6?(?: AC)?)?/, 'Blackwell Ultra architecture brief'),
};

export const GPUS: ReadonlyMap<string, GpuFacts> = new Map(Object.entries(TABLE));
