// README: an entity, its app and a call of it.
#include <pando/http.hpp>
#include <pando/pando.hpp>

struct Increment { std::int64_t amount; };

#include "block.1"
#include "block.2"
#include "block.3"

pando::task<std::int64_t> use() {
#include "block.4"
  co_return total;
}
