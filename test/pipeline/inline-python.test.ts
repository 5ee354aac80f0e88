/** One program made of a package's modules. */
import { describe, expect, it } from '@jest/globals';
import { inlinePackage } from '../../src/pipeline/inline-python.ts';

const MODULES = {
  __init__: '"""The package."""\n',
  baked: 'STEP = ""\n',
  one: '"""Uses the other."""\n\nimport os\nimport json\nfrom collections import Counter\n\nfrom pyspark.sql import functions as F\n\nfrom engine.baked import STEP\nfrom engine.other import (\n    add,\n    subtract,\n)\n\n\ndef run():\n    return add(Counter(), os.sep)\n',
  other:
    '"""Is used.\n\nBy one.\n"""\n\nimport os\nfrom collections import namedtuple\n\nfrom pyspark.sql import types as T\n\n# Numbers.\nSUM = 1\n\n\ndef add(a, b):\n    import re\n\n    return SUM\n',
};

describe('the modules of a package', () => {
  const inlined = inlinePackage('engine', MODULES);

  it('come after the modules that they import, without the imports at their top', () => {
    expect(inlined.sections.map(({ path, firstLine }) => [path, firstLine])).toEqual([
      ['engine/other.py', 11],
      ['engine/one.py', 16],
    ]);
    for (const { path, firstLine, text } of inlined.sections) {
      const module = MODULES[path.slice('engine/'.length, -'.py'.length) as keyof typeof MODULES];
      expect(
        module
          .split('\n')
          .slice(firstLine - 1)
          .join('\n')
          .trimEnd(),
      ).toBe(text);
    }
    expect(inlined.sections[1]?.text).toBe('def run():\n    return add(Counter(), os.sep)');
  });

  it('share one import of each module, with Python’s own modules separate', () => {
    expect(inlined.standard).toEqual([
      'import json',
      'import os',
      'from collections import Counter, namedtuple',
    ]);
    expect(inlined.packages).toEqual(['from pyspark.sql import functions as F, types as T']);
  });

  it('are refused if they import each other, or a module that does not exist', () => {
    const circle = { a: 'from engine.b import x\n', b: 'from engine.a import y\n' };
    expect(() => inlinePackage('engine', circle)).toThrow('modules import each other: a -> b -> a');
    expect(() => inlinePackage('engine', { a: 'from engine.b import x\n' })).toThrow(
      'a imports engine.b, which is not there',
    );
  });
});
