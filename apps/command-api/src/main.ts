import 'reflect-metadata';
import { runService } from '@uplift/runtime';
import { commandApi } from './command-api.service';

void runService(commandApi());
