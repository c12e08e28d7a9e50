import { babyjubjub } from '@noble/curves/misc.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { poseidon2 } from 'poseidon-lite/poseidon2';

/** Depth of the vendored circuit: groups of up to 2^10 members. */
const DEPTH = 10;

/** Who may prove to be one of a group without saying which. */
export interface Identity {
  /** Whoever has it is the member. */
  readonly secret: bigint;
  /** Poseidon hash of the public key: what the group lists. */
  readonly commitment: bigint;
}

/** `input.json` of the Semaphore v4 circuit. */
interface SemaphoreInput {
  readonly secret: string;
  readonly merkleProofLength: number;
  readonly merkleProofIndex: number;
  readonly merkleProofSiblings: readonly string[];
  readonly message: string;
  readonly scope: string;
}

/** One proof to be made: its secret input, and the public signals that it must have. */
export interface SemaphoreStatement {
  readonly input: SemaphoreInput;
  /** [Merkle root, nullifier, message hash, scope hash], computed here and not taken from a prover. */
  readonly expectedPublic: readonly [string, string, string, string];
}

/** Where {@link SemaphoreStatement.expectedPublic} has the nullifier: one member, one scope, one nullifier. */
export const NULLIFIER_INDEX = 1;

/**
 * An identity to throw away. The owner of the machine that proves can read the witness, and with it the secret:
 * no secret that anybody keeps belongs into a demonstration.
 *
 * @param randomBytes - Source of chance: a count to that many bytes.
 */
export function throwAwayIdentity(randomBytes: (count: number) => Uint8Array): Identity {
  // 64 bytes make the remainder as good as uniform.
  const order = babyjubjub.Point.Fn.ORDER;
  const secret = (numberOf(randomBytes(64)) % (order - 1n)) + 1n;
  const { x, y } = babyjubjub.Point.BASE.multiply(secret).toAffine();
  return { secret, commitment: poseidon2([x, y]) };
}

/**
 * What `members[index]` states: that one of the group says `message` in `scope`.
 *
 * @param members - Commitments of the group, in the order in which they joined; at most 2^{@link DEPTH}.
 */
export function semaphoreStatement({
  identity,
  members,
  message,
  scope,
}: {
  readonly identity: Identity;
  readonly members: readonly bigint[];
  readonly message: string;
  readonly scope: string;
}): SemaphoreStatement {
  const { root, index, siblings } = merkleProof(members, members.indexOf(identity.commitment));
  const [messageHash, scopeHash] = [signalOf(message), signalOf(scope)];
  const nullifier = poseidon2([scopeHash, identity.secret]);
  return {
    input: {
      secret: String(identity.secret),
      merkleProofLength: siblings.length,
      merkleProofIndex: index,
      merkleProofSiblings: Array.from({ length: DEPTH }, (_, level) =>
        String(siblings[level] ?? 0n),
      ),
      message: String(messageHash),
      scope: String(scopeHash),
    },
    expectedPublic: [String(root), String(nullifier), String(messageHash), String(scopeHash)],
  };
}

interface MerkleProof {
  readonly root: bigint;
  /** Bit n is set where the n-th sibling stands on the left. */
  readonly index: number;
  readonly siblings: readonly bigint[];
}

/**
 * A LeanIMT of Poseidon hashes: a node without a right neighbour moves up as it is, and such a level adds
 * nothing to the proof.
 */
function merkleProof(leaves: readonly bigint[], leaf: number): MerkleProof {
  if (leaf < 0) throw new RangeError('the identity is not a member of the group');
  if (leaves.length > 2 ** DEPTH) throw new RangeError(`a group has at most ${2 ** DEPTH} members`);
  const siblings: bigint[] = [];
  let index = 0;
  let level = leaves;
  for (let at = leaf; level.length > 1; at >>= 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) {
      index |= (at & 1) << siblings.length;
      siblings.push(sibling);
    }
    level = parentsOf(level);
  }
  return { root: level[0] ?? 0n, index, siblings };
}

function parentsOf(level: readonly bigint[]): bigint[] {
  const pairs = Math.ceil(level.length / 2);
  return Array.from({ length: pairs }, (_, pair) => {
    const [left = 0n, right] = level.slice(2 * pair, 2 * pair + 2);
    return right === undefined ? left : poseidon2([left, right]);
  });
}

/** A text as Semaphore signs it: padded like bytes32, hashed with Keccak-256, eight bits short to be below r. */
function signalOf(text: string): bigint {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 31) throw new RangeError('a message or scope has at most 31 bytes');
  const padded = new Uint8Array(32);
  padded.set(bytes);
  return numberOf(keccak_256(padded)) >> 8n;
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
