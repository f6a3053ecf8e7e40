// The tool `pando`, built once more beside the tests that start it.
#include "../../../tools/pando/apps.cpp"
#include "../../../tools/pando/drive.cpp"
#include "../../../tools/pando/main.cpp"
