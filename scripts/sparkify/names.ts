/** Invented names. */
import { between } from '../../src/dice.ts';
import type { Dice } from '../../src/dice.ts';

/** A text of `length` random characters of `alphabet`. */
export function letters(dice: Dice, alphabet: string, length: number): string {
  let text = '';
  for (let n = 0; n < length; n += 1) text += alphabet.charAt(between(dice, 0, alphabet.length));
  return text;
}

export const ADJECTIVES = [
  'Quiet',
  'Crooked',
  'Amber',
  'Hollow',
  'Second',
  'Northern',
  'Paper',
  'Electric',
  'Lucid',
  'Grüne',
] as const;
export const NOUNS = [
  'Harbour',
  'Lantern',
  'Meridian',
  'Orchard',
  'Signal',
  'Tide',
  'Window',
  'Foxes',
  'Año',
  'Rooks',
] as const;
export const VERBS = [
  'Waiting for',
  'Counting',
  'Under',
  "Don't Forget",
  'Leaving',
  'Beyond',
  'Almost',
  'Half of',
] as const;
export const FIRST_NAMES = [
  'Ada',
  'Bruno',
  'Chiara',
  'Dimitri',
  'Elif',
  'Farid',
  'Grethe',
  'Hugo',
  'Inés',
  'Jonas',
  'Kaya',
  'Lior',
] as const;
export const LAST_NAMES = [
  'Abara',
  'Blum',
  "O'Carroll",
  'Dvořák',
  'Eklund',
  'Ferro',
  'Gauthier',
  'Hale',
  'Ibsen',
  'Juarez',
] as const;
export const PLACES = [
  { name: 'Port Ellis, OR', latitude: 44.97313, longitude: -124.01078 },
  { name: 'Nyhavn-Vester, WA', latitude: 47.11342, longitude: -122.76521 },
  { name: 'Sainte-Aude, QC', latitude: 46.81228, longitude: -71.21454 },
  { name: 'Marlow Flats-Dunmore, TX', latitude: 31.54933, longitude: -97.14667 },
  { name: 'Calder, Scotland', latitude: 55.89217, longitude: -3.4295 },
] as const;
export const BROWSERS = [
  '"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.125 Safari/537.36"',
  'Mozilla/5.0 (Windows NT 6.1; WOW64; rv:31.0) Gecko/20100101 Firefox/31.0',
  '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.78.2 (KHTML, like Gecko) Version/7.0.6 Safari/537.78.2"',
] as const;
