# coding: utf-8
import café
