package de.participationbroker.keycloak;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Runs every method of the classes below whose name begins with "test"; ends with status 1 when one fails. */
public final class ProviderTest {

    public static void main(String[] arguments) throws ReflectiveOperationException {
        List<Method> tests = Stream.of(RequestTest.class, NoteTest.class, FailureTest.class, ResidentsTest.class)
                .flatMap(each -> Arrays.stream(each.getDeclaredMethods()))
                .filter(method -> method.getName().startsWith("test"))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
        List<String> failures = new ArrayList<>();
        for (Method test : tests) {
            try {
                test.invoke(test.getDeclaringClass().getDeclaredConstructor().newInstance());
            } catch (InvocationTargetException failure) {
                failures.add(test.getName() + ": " + failure.getCause());
            }
        }
        failures.forEach(System.err::println);
        System.out.println(tests.size() - failures.size() + " of " + tests.size() + " tests of the provider passed");
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    static void refused(Runnable call) {
        try {
            call.run();
        } catch (IllegalArgumentException expected) {
            return;
        }
        throw new AssertionError("accepted");
    }

    static void equal(Object expected, Object found) {
        if (expected == null ? found != null : !expected.equals(found)) {
            throw new AssertionError("expected " + expected + " but found " + found);
        }
    }
}
