// needs: capnp-rpc
// The socket figures of Cap'n Proto: its two-party RPC over a Unix socket, one connection.
// `socket_rpc_capnp one|many SECONDS SERVER_CORE CLIENT_CORE`, as socket_rpc.cpp.
#include <memory>
#include <vector>

#include <capnp/message.h>
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include "socket_rpc_capnp.capnp.h"
#include "socket_rpc_measure.hpp"

namespace {

class service final : public Service::Server {
 protected:
  kj::Promise<void> echo(EchoContext context) override {
    context.getResults().setMessage(context.getParams().getMessage());
    return kj::READY_NOW;
  }
};

void serve(std::string const& path) {
  auto io = kj::setupAsyncIo();
  capnp::TwoPartyServer server(kj::heap<service>());
  auto address =
      io.provider->getNetwork().parseAddress(kj::str("unix:", path.c_str())).wait(io.waitScope);
  auto listener = address->listen();
  server.listen(*listener).wait(io.waitScope);
}

/// One call after another, until the time is over.
kj::Promise<void> call(Service::Client& api, measure::meter& meter) {
  auto request = api.echoRequest();
  auto message = request.initMessage();
  message.setText(measure::text);
  message.setNumber(measure::number);
  message.setReal(measure::real);
  auto list = message.initList(std::size(measure::list));
  for (unsigned i = 0; i < std::size(measure::list); ++i) list.set(i, measure::list[i]);
  using answer = capnp::Response<Service::EchoResults>;
  return request.send().then([&](answer&& back) -> kj::Promise<void> {
    if (back.getMessage().getNumber() != measure::number) std::abort();
    if (!meter.tick()) return kj::READY_NOW;
    return call(api, meter);
  });
}

kj::Own<kj::AsyncIoStream> connect(kj::AsyncIoContext& io, std::string const& path) {
  auto address =
      io.provider->getNetwork().parseAddress(kj::str("unix:", path.c_str())).wait(io.waitScope);
  while (::access(path.c_str(), F_OK) != 0) ::usleep(1000);
  ::usleep(50'000); // it listens a moment after its path is there
  return address->connect().wait(io.waitScope);
}

} // namespace

int main(int argc, char** argv) {
  measure::work const what(argc, argv);
  measure::place const place;
  measure::server_process const server(what, [&] { serve(place.path()); });
  auto io = kj::setupAsyncIo();
  auto stream = connect(io, place.path());
  capnp::TwoPartyClient client(*stream);
  auto api = client.bootstrap().castAs<Service>();
  measure::meter meter(what);
  kj::Vector<kj::Promise<void>> running;
  for (int i = what.many ? measure::depth : 1; i != 0; --i) running.add(call(api, meter));
  kj::joinPromises(running.releaseAsArray()).wait(io.waitScope);
  meter.print();
}
