declare module 'asl-validator' {
  /** Checks a state machine against the JSON schemas and rules of the Amazon States Language. */
  export default function validate(definition: unknown): {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  };
}
