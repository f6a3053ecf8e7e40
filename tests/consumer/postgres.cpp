// What a project outside the tree compiles to prove that it found Pando's PostgreSQL, and libpq.
#include <pando/postgres.hpp>

#include <cstdio>
#include <stdexcept>

#include <boost/asio/io_context.hpp>

static_assert(pando::postgres::is_built_in);

int main() {
  boost::asio::io_context loop;
  pando::postgres::options chosen;
  chosen.connection = "no option of libpq's";
  try {
    pando::postgres::pool const none(loop.get_executor(), chosen);
  } catch (std::invalid_argument const&) {
    std::printf("pando %s user\n", PANDO_VERSION_STRING);
  }
}
