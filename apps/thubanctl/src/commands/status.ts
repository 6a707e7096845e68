import { Command } from 'commander';
import type { Io } from '../io.js';
export const statusCommand = (_io: Io): Command => new Command('status');
