namespace Postroom.Mail.Authentication;

/// <summary>What a receiver makes of it, in the words of RFC 8601 §2.7.</summary>
public enum Verdict
{
    /// <summary>There is nothing to judge by.</summary>
    None,

    /// <summary>The domain says nothing of it; of a signature: it cannot be read.</summary>
    Neutral,

    /// <summary>It is so.</summary>
    Pass,

    /// <summary>It is not so.</summary>
    Fail,

    /// <summary>It is not so, says the domain, and is not sure.</summary>
    SoftFail,

    /// <summary>It is so, but by means that the receiver does not take.</summary>
    Policy,

    /// <summary>Nobody knows now.</summary>
    TempError,

    /// <summary>What the domain publishes is wrong, and somebody has to mend it.</summary>
    PermError,
}

/// <summary>Words of verdicts.</summary>
public static class Verdicts
{
    /// <summary>As Authentication-Results has it.</summary>
    public static string Word(this Verdict verdict) => verdict.ToString().ToLowerInvariant();
}
