/**
 * Where the platform begins. First of all, stacks that name our own lines: of our files and not, as `--enable-source-maps` has it,
 * of every package, whose maps take 30 MiB for as long as the process lives.
 */
import { setSourceMapsSupport } from 'node:module';

setSourceMapsSupport(true, { nodeModules: false });
await import('./serve.js');
