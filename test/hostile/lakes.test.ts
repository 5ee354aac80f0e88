/** Tests on damaged local lakes. All share one scene, because making one takes as long as dozens of trials. */
import './corpus.ts';
import './one-thing.ts';
import './generated.ts';
import './terminal.ts';
