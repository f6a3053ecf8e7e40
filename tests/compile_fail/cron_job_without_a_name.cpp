// A cron job without a name.
// expect-first: pando: a cron job has a name, under which its state is stored
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define NAME "nightly"
#else
#define NAME ""
#endif

auto nightly = pando::cron<NAME, "0 3 * * *">([] {}); // here

int main(int argc, char** argv) { return pando::app(nightly).main(argc, argv); }
