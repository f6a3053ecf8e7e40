// A cron expression that lacks a field.
// expect-first: pando: a cron expression has five fields (minute hour day month weekday), or six
// expect-named: nightly
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define EXPRESSION "0 3 * * *"
#else
#define EXPRESSION "0 3 * *"
#endif

auto nightly = pando::cron<"nightly", EXPRESSION>([] {}); // here

int main(int argc, char** argv) { return pando::app(nightly).main(argc, argv); }
