// CommonJS packages that require Nest fail under Jest's module loader unless Nest is already loaded.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
