/** What is tried on damaged local lakes. All of it shares one scene, because making one costs as much as dozens of trials. */
import './corpus.ts';
import './one-thing.ts';
import './generated.ts';
import './terminal.ts';
