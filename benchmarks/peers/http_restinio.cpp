// The server of the HTTP figures written with RESTinio, as its examples do: `http_restinio PORT`.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#define RESTINIO_USE_BOOST_ASIO 1
#include <restinio/all.hpp>

#include <boost/json.hpp>

namespace {

using router = restinio::router::express_router_t<>;

struct traits : restinio::default_single_thread_traits_t {
  using request_handler_t = router;
};

auto answer(restinio::request_handle_t const& request, boost::json::value const& user) {
  return request->create_response()
      .append_header_date_field()
      .append_header(restinio::http_field::content_type, "application/json")
      .set_body(boost::json::serialize(user))
      .done();
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto routes = std::make_unique<router>();
  routes->http_get("/user/:id", [](auto request, auto parameters) {
    auto const id = restinio::cast_to<std::int64_t>(parameters["id"]);
    return answer(request, {{"id", id}, {"email", "user" + std::to_string(id) + "@example.com"}});
  });
  routes->http_post("/user", [](auto request, auto) {
    auto const body = boost::json::parse(request->body());
    auto const id = body.at("id").as_int64();
    return answer(request, {{"id", id}, {"email", body.at("email").as_string()}});
  });
  restinio::run(restinio::on_this_thread<traits>()
                    .address("127.0.0.1")
                    .port(static_cast<std::uint16_t>(std::atoi(argv[1])))
                    .max_pipelined_requests(64)
                    .request_handler(std::move(routes)));
}
