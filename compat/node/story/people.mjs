import { randomUUID } from 'node:crypto';
import { range } from '../lib/parallel.mjs';

export const person = (name) => ({ uuid: randomUUID(), name });

export const audience = (count) => range(count).map((i) => person(`User ${i}`));
