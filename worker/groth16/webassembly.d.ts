/** The part of WebAssembly that the witness calculator uses; the types of Node 20 leave it out. */
declare namespace WebAssembly {
  class Module {
    private constructor();
  }
  class Instance {
    private constructor();
    readonly exports: Readonly<Record<string, unknown>>;
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  type Imports = Readonly<
    Record<string, Readonly<Record<string, (...numbers: number[]) => unknown>>>
  >;
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports: Imports): Promise<Instance>;
}
