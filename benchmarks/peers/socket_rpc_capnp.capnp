# The echo of the socket figures, for Cap'n Proto.
@0xb7f0c1d2e3a49586;

struct Message {
  text @0 :Text;
  number @1 :Int64;
  real @2 :Float64;
  list @3 :List(Int32);
}

interface Service {
  echo @0 (message :Message) -> (message :Message);
}
