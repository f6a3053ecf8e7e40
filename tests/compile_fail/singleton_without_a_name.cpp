// A singleton without a name.
// expect-first: pando: a singleton has a name: pando::singleton<"mailer">
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define NAME "mailer"
#else
#define NAME ""
#endif

auto mailer = pando::singleton<NAME>([] {}); // here

int main(int argc, char** argv) { return pando::app(mailer).main(argc, argv); }
