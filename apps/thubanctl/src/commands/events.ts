import { Command } from 'commander';
import type { Io } from '../io.js';
export const eventsCommand = (_io: Io): Command => new Command('events');
