// A singleton whose parameters cannot be known.
// expect-first: pando: a singleton or cron job is a function or a lambda without auto parameters
// expect: lambda
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
#define PARAMETER pando::singleton_context
#else
#define PARAMETER auto
#endif

auto mailer = pando::singleton<"mailer">([](PARAMETER&) {});

int main(int argc, char** argv) {
  return pando::app(mailer).main(argc, argv); // here
}
