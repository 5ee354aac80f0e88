/** Mistakes in sample.yaml: each is reported once, with its line and the nearest name. */
import { describe, expect, it } from '@jest/globals';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { mistakes, tiny } from './tiny.ts';

const SAMPLE = `doc: Cats.
rows:
  owners:
    given: [{ name: ann, town: ulm }]
  cats:
    count: 5
    hidden:
      owner: { row_of: owners }
      at: { moment: { from: 2020-01-01, below: 2020-02-01 } }
    fields:
      id: { sequence: 1 }
      kind: { choice: [cat, dog] }
      born: { time: at, as: '%Y' }
      name: { text: '{id} of {owner.name}' }
    cases:
      - { weight: 1, fields: { kind: cat } }
files:
  - { source: raw, rows: cats, path: 'cats/{kind}.json', repeats: [{ every: 3, with: { kind: cow } }] }
`;

function sampleMistakes(from: string, to: string): string[] {
  if (!SAMPLE.includes(from)) throw new Error(`the sample does not hold ${from}`);
  return mistakes({ 'sample.yaml': SAMPLE.replace(from, () => to) });
}

describe('sample.yaml', () => {
  it('is part of the pipeline', () => {
    const { pipeline, diagnostics } = loadPipeline(tiny({ 'sample.yaml': SAMPLE }));
    expect(diagnostics).toEqual([]);
    expect(pipeline?.sample?.rows.map(({ name }) => name)).toEqual(['owners', 'cats']);
    expect(loadPipeline(tiny()).pipeline?.sample).toBeUndefined();
  });

  it.each([
    [
      'an unknown key',
      'hidden:',
      'hiden:',
      /^sample\.yaml:7: unknown key rows\.cats\.hiden; did you mean hidden\?$/,
    ],
    [
      'an unknown key of a value',
      '{ sequence: 1 }',
      '{ sequense: 1 }',
      /^sample\.yaml:11: unknown key rows\.cats\.fields\.id\.sequense; did you mean sequence\?$/,
    ],
    [
      'two ways to make a value',
      '{ sequence: 1 }',
      '{ sequence: 1, text: a }',
      /^sample\.yaml:11: .*sequence or text, not both$/,
    ],
    [
      'no way to make a value',
      '{ sequence: 1 }',
      '{ digits: 1 }',
      /^sample\.yaml:11: nothing says how the value is made; use one of choice, /,
    ],
    [
      'a key that belongs to another kind',
      '{ sequence: 1 }',
      '{ sequence: 1, digits: 2 }',
      /^sample\.yaml:11: digits cannot be combined with sequence$/,
    ],
    [
      'a reference to nothing',
      '{owner.name}',
      '{owner.nme}',
      /^sample\.yaml:14: no earlier value is named owner\.nme; did you mean owner\.name\?$/,
    ],
    [
      'a reference to what comes later',
      '{ sequence: 1 }',
      '{ from: kind }',
      /^sample\.yaml:11: no earlier value is named kind/,
    ],
    [
      'a reference to a row',
      '{owner.name}',
      '{owner}',
      /^sample\.yaml:14: owner is a row; name one of its values, such as owner\.name$/,
    ],
    [
      'a time as it is',
      '{owner.name}',
      '{at}',
      /^sample\.yaml:14: at is a time; use \{ time: at, as: \.\.\. \}$/,
    ],
    ['a time that is none', 'time: at', 'time: id', /^sample\.yaml:13: id is not a time; /],
    [
      'a format of times',
      "'%Y'",
      "'%Q'",
      /^sample\.yaml:13: %Q is not a format of times; known: epoch_millis/,
    ],
    [
      'rows that are nowhere',
      'row_of: owners',
      'row_of: owner',
      /^sample\.yaml:8: no rows named owner come before it; did you mean owners\?$/,
    ],
    [
      'rows of itself',
      'row_of: owners',
      'row_of: cats',
      /^sample\.yaml:8: no rows named cats come before it/,
    ],
    [
      'a case for a field that is not there',
      '{ kind: cat }',
      '{ kin: cat }',
      /^sample\.yaml:16: fields has no kin; did you mean kind\?$/,
    ],
    [
      'files of unknown rows',
      'rows: cats',
      'rows: cat',
      /^sample\.yaml:18: no rows named cat come before it; did you mean cats\?$/,
    ],
    [
      'files that nothing reads',
      '.json',
      '.csv',
      /^sample\.yaml:18: the path must end in \.json or \.json\.gz/,
    ],
    ['a path with an open brace', '{kind}', '{kind', /^sample\.yaml:18: expected text and names in braces/],
    [
      'a change of an unknown field',
      '{ kind: cow }',
      '{ kinds: cow }',
      /^sample\.yaml:18: cats has no field kinds; did you mean kind\?$/,
    ],
    [
      'a hidden value as a changed field',
      '{ kind: cow }',
      '{ owner: cow }',
      /^sample\.yaml:18: cats has no field owner/,
    ],
    [
      'moments in the wrong order',
      'below: 2020-02-01',
      'below: 2019-02-01',
      /^sample\.yaml:9: expected two times/,
    ],
    [
      'a field inside a value',
      'born:',
      'id.x: 1\n      born:',
      /^sample\.yaml:11: id cannot be a value, because id\.x is inside it$/,
    ],
    ['a word of JavaScript', '  owners:', '  constructor:', /word of JavaScript/],
  ])('is reported for %s', (_, from, to, message) => {
    const [first, ...others] = sampleMistakes(from, to);
    expect(first).toMatch(message);
    expect(others.filter((other) => !/constructor|rows owners/.test(`${first ?? ''} ${other}`))).toEqual([]);
  });

  it('causes a warning for files of a source that the pipeline does not have', () => {
    expect(sampleMistakes('source: raw', 'source: rwa')).toEqual([
      expect.stringMatching(
        /sample\.yaml:18: .*the pipeline has no source rwa, so these files are not generated; did you mean raw\?$/,
      ),
    ]);
  });
});
