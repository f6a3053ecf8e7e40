// What can be wrong with an app, each in one sentence. See <pando/meta/fault.hpp>.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/app/core.hpp>
#include <pando/app/options.hpp>
#include <pando/contract/controller.hpp>
#include <pando/handler/client.hpp>
#include <pando/meta/fault.hpp>

namespace pando {

// The words of each sentence, in the order in which it names them.

/// What is given to `app` is an implementation, a feature, a hook, a transport or a service.
template <class Given>
inline constexpr bool app_takes_this = false;

/// Something the app was given provides what the handler of this route asks for.
template <class Contract, fixed_string Route, class Wanted>
inline constexpr bool handler_parameter_is_provided = false;

/// The guard of this route was provided to the app.
template <class Contract, fixed_string Route, class Guard>
inline constexpr bool guard_is_provided = false;

/// The guard of this route has a `check(pando::caller&)`.
template <class Contract, fixed_string Route, class Guard>
inline constexpr bool guard_can_check = false;

/// The app has the door that the route's marker is for.
template <class Contract, fixed_string Route, class Marker>
inline constexpr bool app_has_the_door_of = false;

/// No command that is built in has the controller's name.
template <class Contract>
inline constexpr bool controller_name_is_free = false;

/// The doors of `pando::app` are included: <pando/app.hpp>.
template <class Doors>
inline constexpr bool app_is_included = false;
/// What is given to an app of HTTP alone needs no cluster.
template <class Given>
inline constexpr bool http_app_takes_this = false;
/// An app of HTTP alone has a command line, a Unix socket, and settings, which the first reads: it
/// has none of them.
template <class App>
inline constexpr bool http_app_has_a_command_line = false;
template <class App>
inline constexpr bool http_app_has_a_socket = false;
template <class Settings>
inline constexpr bool http_app_reads_settings = false;

/// No two controllers of the app have a route of one name, or routes at one place.
template <class FirstContract, fixed_string FirstRoute, class SecondContract,
          fixed_string SecondRoute>
inline constexpr bool controllers_keep_apart = false;

/// Something the app was given provides what the life-cycle hook asks for.
template <class Wanted>
inline constexpr bool hook_parameter_is_provided = false;

/// The hook is a function or an object with exactly one call operator (no `auto` parameters).
template <class Function>
inline constexpr bool hook_has_one_call_operator = false;

/// The app has an implementation of the contract.
template <class Contract>
inline constexpr bool app_serves_the_contract = false;

/// The service is an object with a name, which outlives the app.
template <class Service>
inline constexpr bool service_is_named_first = false;

/// The app is composed in one expression, before it is used.
template <class Given>
inline constexpr bool app_is_composed_at_once = false;

/// The settings are a struct.
template <class Settings>
inline constexpr bool settings_are_a_struct = false;

/// Something the app was given provides what a function of an entity's state asks for.
template <class Contract, class Wanted>
inline constexpr bool state_parameter_is_provided = false;

/// A client of an entity says which instance it calls.
template <class Contract>
inline constexpr bool entity_is_called_by_its_id = false;

/// A client of a controller has no id.
template <class Contract>
inline constexpr bool controller_has_no_ids = false;

/// No field of the settings is named like a flag of `serve`.
template <class Settings, fixed_string Field>
inline constexpr bool settings_name_no_flag = false;

/// No two structs of settings have a field of one name.
template <class First, class Second, fixed_string Field>
inline constexpr bool settings_keep_apart = false;

namespace detail {

/// What stands in for an app behind a sentence, so that one error is all.
struct faulty_application {
  template <class Name>
  faulty_application named(Name&&);
  template <class Service>
  faulty_application provide(Service&&);
  template <class Settings>
  faulty_application settings();
  int main(int argc, char** argv);
  int run(serve_options options);
  task<void> serve(serve_options options);
  task<void> serve();
  task<void> stop();
  bool is_serving();
  std::string socket_path();
  std::uint16_t http_port();
  task<std::string> invoke(std::string_view words, std::string_view json = {});
  template <class Contract>
  pando::client<Contract> client();
  template <class Contract>
  pando::client<Contract> client(std::string_view id);
  pando::metrics& metrics();
  app_core& core();
};

/// What stands in for all that a faulty app gives: one class for every use, so that the sentence is
/// said once.
struct any_of_app : task<anything> {
  template <class Result>
  operator task<Result>() const;
  operator int() const;
  operator std::string() const;
  operator app_core&() const;
  template <fixed_string Route, class... Given>
  any_of_app call(Given&&...) const;
  template <fixed_string Route, class... Given>
  no_stream stream(Given&&...) const;
  any_of_app attempt() const;
  any_of_app within(std::chrono::steady_clock::duration) const;
};

template <class Given>
struct junk_for_app : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(app_takes_this<Given>,
                    "pando: this cannot be given to pando::app; it takes pando::implement<...>, "
                    "singletons, cron jobs, pando::feature, hooks, transports and "
                    "std::ref(service); give services by .provide(object): given");
    }
  };
};

template <class Contract, fixed_string Route, class Wanted>
struct unprovided_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_parameter_is_provided<Contract, Route, Wanted>,
                    "pando: nothing provides what this handler asks for; give it to the app by "
                    ".provide(object): controller, route, type");
    }
  };
};

template <class Contract, fixed_string Route, class Wanted>
struct constant_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_parameter_is_provided<Contract, Route, Wanted>,
                    "pando: what this handler or guard asks for was given as const; ask for it by "
                    "reference to const, or give one that may be changed: controller, route, type");
    }
  };
};

template <class Contract, fixed_string Route, class Guard>
struct unprovided_guard : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(guard_is_provided<Contract, Route, Guard>,
                    "pando: nothing provides the guard of this route; give it to the app by "
                    ".provide(object): controller, route, guard");
    }
  };
};

template <class Contract, fixed_string Route, class Guard>
struct guard_without_check : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(guard_can_check<Contract, Route, Guard>,
                    "pando: a guard has a public check(pando::caller&), which fills "
                    "caller.principal or throws: controller, route, guard");
    }
  };
};

template <class Contract, fixed_string Route, class Marker>
struct marker_without_door : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(app_has_the_door_of<Contract, Route, Marker>,
                    "pando: this route has a marker of a transport that the app does not have; "
                    "give the transport to pando::app: controller, route, marker");
    }
  };
};

template <class Contract>
struct controller_named_like_a_command : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(controller_name_is_free<Contract>,
                    "pando: a command that is built in has this controller's or entity's name: "
                    "given");
    }
  };
};

template <class FirstContract, fixed_string FirstRoute, class SecondContract,
          fixed_string SecondRoute>
struct clashing_controllers : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(controllers_keep_apart<FirstContract, FirstRoute, SecondContract, SecondRoute>,
                    "pando: two controllers of one app have a route of one name, or at one place "
                    "(method and path, or command): controller, route, controller, route");
    }
  };
};

template <class Wanted>
struct unprovided_hook_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(hook_parameter_is_provided<Wanted>,
                    "pando: nothing provides what a hook (on_start, on_stop) asks for; give it to "
                    "the app by .provide(object): type");
    }
  };
};

template <class Wanted>
struct constant_hook_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(hook_parameter_is_provided<Wanted>,
                    "pando: what a hook (on_start, on_stop) asks for was given as const; ask for "
                    "it by reference to const, or give one that may be changed: type");
    }
  };
};

template <class Function>
struct generic_hook : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(hook_has_one_call_operator<Function>,
                    "pando: a hook (on_start, on_stop) is a function or a lambda without auto "
                    "parameters: given");
    }
  };
};

template <class Contract>
struct contract_without_implementation : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(app_serves_the_contract<Contract>,
                    "pando: the app has no implementation of this contract; give "
                    "pando::implement<...> of it to pando::app: contract");
    }
  };
};

template <class Service>
struct unnamed_service : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(service_is_named_first<Service>,
                    "pando: a service is kept by reference and outlives the app; name it first: "
                    "Service service; ... .provide(service): given");
    }
  };
};

template <class Given>
struct late_composition : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(app_is_composed_at_once<Given>,
                    "pando: an app is composed in one expression: auto app = "
                    "pando::app(users).provide(store): given");
    }
  };
};

template <class Settings>
struct settings_without_fields : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(settings_are_a_struct<Settings>,
                    "pando: settings are a struct, whose fields are flags, environment variables "
                    "and entries of a file: given");
    }
  };
};

template <class Contract, class Wanted>
struct unprovided_state_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(state_parameter_is_provided<Contract, Wanted>,
                    "pando: nothing provides what a function of this entity's state asks for; give "
                    "it to the app by .provide(object): entity, type");
    }
  };
};

template <class Contract>
struct entity_without_an_id : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(entity_is_called_by_its_id<Contract>,
                    "pando: there is one instance of an entity for each id; say which one: "
                    "client<Entity>(\"id\"): entity");
    }
  };
};

template <class Contract>
struct id_of_a_controller : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(controller_has_no_ids<Contract>,
                    "pando: a controller has no instances; call client<Controller>() without an "
                    "id: controller");
    }
  };
};

template <class Settings, fixed_string Field>
struct setting_named_like_a_flag : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(settings_name_no_flag<Settings, Field>,
                    "pando: this field of the settings is named like a flag of `serve`; give it "
                    "another name: settings, field");
    }
  };
};

template <class First, class Second, fixed_string Field>
struct settings_that_share : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(settings_keep_apart<First, Second, Field>,
                    "pando: two structs of settings have a field of this name, which is one flag; "
                    "rename one of them: settings, settings, field");
    }
  };
};

template <class Doors>
struct app_without_its_header : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(app_is_included<Doors>,
                    "pando: pando::app is in <pando/app.hpp>, which is not included; "
                    "<pando/http_app.hpp> has pando::http_app");
    }
  };
};

template <class Given>
struct cluster_of_http_alone : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(http_app_takes_this<Given>,
                    "pando: an app of HTTP alone has no entities, singletons and cron jobs; give "
                    "this to pando::app, from <pando/pando.hpp>: given");
    }
  };
};

template <class App>
struct main_of_http_alone : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(http_app_has_a_command_line<App>,
                    "pando: an app of HTTP alone has no command line; start it by "
                    ".run({.http = 3000}), or make it by pando::app, from <pando/app.hpp>");
    }
  };
};

template <class App>
struct socket_of_http_alone : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(http_app_has_a_socket<App>,
                    "pando: an app of HTTP alone has no Unix socket; one made by pando::app, from "
                    "<pando/app.hpp>, has");
    }
  };
};

template <class Settings>
struct settings_of_http_alone : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(http_app_reads_settings<Settings>,
                    "pando: settings are read by the command line, which an app of HTTP alone does "
                    "not have; give it what it needs by .provide(object): settings");
    }
  };
};

} // namespace detail
} // namespace pando
