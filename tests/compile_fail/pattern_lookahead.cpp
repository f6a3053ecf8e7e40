// Look-around does not run in linear time and is refused.
// expect-first: pando: the pattern of is::matches has a group that is neither ( ) nor (?: )
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using with_digit = pando::is::matches<"[0-9]">;
#else
using with_digit = pando::is::matches<"^(?=.*[0-9]).*$">;
#endif

struct Login {
  pando::checked<std::string, pando::is::min_length<8>, with_digit> password; // here
};

int main() {
  Login const login{.password = "secret123"};
  return pando::holds(login.password) ? 0 : 1;
}
