// The source beside which the precompiled header of all test programs is made.
