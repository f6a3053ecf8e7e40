// Two singletons of one name.
// expect-first: pando: two singletons, or two cron jobs, of one app have this name, under which
// expect-named: mailer
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define OTHER "sweeper"
#else
#define OTHER "mailer"
#endif

auto mailer = pando::singleton<"mailer">([] {});
auto sweeper = pando::singleton<OTHER>([](pando::singleton_context&) {});

int main(int argc, char** argv) {
  return pando::app(mailer, sweeper).main(argc, argv); // here
}
